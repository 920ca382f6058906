"""The HTTP edge: phone API, console API, owner and public pages, sign-in, errors."""
