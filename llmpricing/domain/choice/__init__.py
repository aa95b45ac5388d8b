"""What people choose models by: kinds and needs in their words."""
