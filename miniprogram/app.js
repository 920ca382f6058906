// The shell holds nothing: it signs in, asks for messages, scans, and shows our own pages.
App({})
