"""Start-up and command line: settings, wiring, lifecycle, the `suicha` command."""
