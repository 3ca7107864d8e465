"""The place of backups: content by digest, and a manifest a backup."""
