"""What governance needs of the world, a module for each thing: who acts, people, keys, the vault, the logs."""
