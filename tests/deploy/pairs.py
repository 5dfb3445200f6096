"""Who may speak to whom: the part that speaks, the one that is spoken to, and its port."""

DOORS = {"grpc": (3000, 9100, 9101), "rust": (8000, 9104, 9105)}  # the gateway's port, and those of metrics
SERVERS = {"grpc": 3001, "rust": 8080}
Pair = tuple[str, str, int]
TOGETHER: set[Pair] = {
    *((who, door, ports[0]) for door, ports in DOORS.items() for who in ("outside", "test")),
    *(("prometheus", door, port) for door, ports in DOORS.items() for port in ports[1:]),
    *((door, "kafka", 9092) for door in DOORS),
    ("outside", "web", 5000),
    ("test", "web", 5000),
    ("consumer", "kafka", 9092),
    *((part, store, port) for part in ("consumer", "web") for store, port in {"redis": 6379, "mongodb": 27017}.items()),
    ("mongodb", "mongodb", 27017),
    ("prometheus", "consumer", 9102),
    ("prometheus", "web", 9103),
    ("grafana", "prometheus", 9090),
    ("prometheus", "outside", 443),
    ("prometheus", "outside", 6443),
}
APART: set[Pair] = {
    *(pair for pair in TOGETHER if not (pair[0] in DOORS or (pair[0] == "prometheus" and pair[1] in DOORS))),
    *((door, f"{door}-server", port) for door, port in SERVERS.items()),
    *((f"{door}-server", "kafka", 9092) for door in DOORS),
    *(("prometheus", door, ports[1]) for door, ports in DOORS.items()),
    *(("prometheus", f"{door}-server", ports[2]) for door, ports in DOORS.items()),
}
