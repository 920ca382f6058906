"""The WeCom/WeChat edge: callbacks in, messages out, codec, sandbox."""
