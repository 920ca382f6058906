"""`suicha tour`: the whole of the main job played over real HTTP, every number read back from the running servers.

alone (own servers) ─┐                 ┌ office ─ field ─ owners ─ result ─ deadlines (the acts)
app.demo (running) ──┴─> play(Places) ─┴ people (cookies, OAuth), pictures, story (memory), stage (what is shown)
"""
