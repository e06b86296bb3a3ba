"""The version of remiss, once: the wheel, the command line and every manifest read it here."""

__version__ = "0.1.0.dev0"
