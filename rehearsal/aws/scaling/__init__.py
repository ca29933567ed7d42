"""Application Auto Scaling, which MiniStack lacks: its API, its CloudFormation types and a loop that acts."""
