"""The Azure stand-in: ARM, Entra ID, Key Vault and ACR over TLS, and Container Apps that really run."""
