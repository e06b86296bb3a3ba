"""What curating needs of the world, a module for each thing that people do."""
