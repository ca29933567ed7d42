"""The served APIs: each module gives the handlers of its methods by their ids in the discovery document."""
