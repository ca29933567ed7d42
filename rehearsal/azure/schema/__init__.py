"""What the vendor's own models say about bodies, as plain tables: importing those models takes 70 MB."""
