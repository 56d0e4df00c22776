#!/usr/bin/env python3
"""A stranger's client: written from docs/protocol.md alone, in another language, without a dependency.

    KATTILA_PSK=<fleet secret> python3 client.py http://127.0.0.1:5086

It asks a manager for what the page promises and prints a line for each promise. Every check is an agent that nobody
has seen before, so it can run again and again against one manager (that does not require approval)."""
import base64, gzip, hashlib, hmac, http.client, json, os, pathlib, re, sys, time, urllib.parse, zlib

URL = urllib.parse.urlsplit(sys.argv[1] if len(sys.argv) == 2 else "")
PSK = os.environ.get("KATTILA_PSK", "").encode()
PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text("utf-8")
MIB, UPDATES, REGISTER = 1 << 20, "/status/updates", "/status/register"
OFFSET = 0  # the manager's clock less ours, in ms

# --- Ed25519 (RFC 8032, section 5.1), signing only; a point is (X, Y, Z, T) ---
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BX, BY = 15112221349535400772501151409588531511454012693041857206046113283949847762202, 4 * pow(5, -1, P) % P

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times_base(n):
    p, q = (BX, BY, 1, BX * BY % P), (0, 1, 1, 0)
    while n:
        q, p, n = (add(q, p) if n & 1 else q), add(p, p), n >> 1
    z = pow(q[2], -1, P)
    return (q[1] * z % P | (q[0] * z % P & 1) << 255).to_bytes(32, "little")

class Key:
    def __init__(self, seed=None):
        h = hashlib.sha512(seed or os.urandom(32)).digest()
        self.scalar = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix, self.raw = h[32:], times_base(self.scalar)
        self.public = b64(self.raw)

    def sign(self, text):
        def number(*parts): return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L
        r = number(self.prefix, text.encode())
        s = r + number(times_base(r), self.raw, text.encode()) * self.scalar
        return b64(times_base(r) + (s % L).to_bytes(32, "little"))

# --- The page: names, MACs, envelopes, reports ---
def b64(raw): return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
def new_id(): return os.urandom(16).hex()
def new_nonce(): return b64(os.urandom(16))
def now(seconds=0): return int(time.time() * 1000) + OFFSET + seconds * 1000
def nonce_of(envelope): return json.loads(envelope["data"]).get("nonce", "")
def less(entry, name): return {k: v for k, v in entry.items() if k != name}

def mac(purpose, *lines, psk=None):
    text = "\n".join(["kattila/1/" + purpose, *map(str, lines)])
    return hmac.new(PSK if psk is None else psk, text.encode(), hashlib.sha256).hexdigest()

class Agent:
    def __init__(self, keyless=False):
        self.id, self.boot, self.tick, self.key = new_id(), new_id(), 0, None if keyless else Key()

    def data(self, without="", **fields):
        """What section 2 requires, and the identity; `fields` replace or add."""
        self.tick += 1
        data = {"schema": "kattila.report/1", "fleet_id": "default", "agent_id": self.id, "agent_version": "0.1.0",
                "hostname": "stranger", "boot_id": self.boot, "tick": self.tick, "timestamp": now(),
                "collected_at": now(), "nonce": new_nonce(), "interval_s": 30}
        data |= {"public_key": self.key.public} if self.key else {}
        return less(data | fields, without)

    def seal(self, data, psk=None, key=None, sign=True, type="report", path=(), **other):
        """An envelope around a text, or around fields; signed with our key or another."""
        text, key = data if isinstance(data, str) else json.dumps(data), key or self.key
        envelope = {"v": 1, "type": type, "agent_id": self.id, "data": text, "hmac": mac(type, text, psk=psk),
                    "relay_path": list(path)}
        if sign and key:
            envelope["sig"] = key.sign(f"kattila/1/{type}\n{text}")
        return envelope | other

    def report(self, **fields): return self.seal(self.data(**fields))

    def registration(self, inside, **seal):
        data = {"schema": "kattila.register/1", "agent_id": inside, "hostname": "stranger", "agent_version": "0.1.0",
                "public_key": self.key.public, "timestamp": now(), "nonce": new_nonce()}
        return self.seal(data, type="register", **{"agent_id": inside} | seal)

    def relayed(self, path, sender=None, at=None, wrong=False):
        """A report that came over `path`, and the hop header of its last relay."""
        envelope = self.seal(self.data(), path=path)
        return envelope, hop(sender or path[-1], path, envelope["hmac"], at or now(), wrong)

def hop(sender, path, envelope_hmac, at, wrong=False):
    proof = "0" * 64 if wrong else mac("hop", sender, at, ",".join(path), envelope_hmac)
    return {"Kattila-Hop": f"v=1; agent={sender}; at={at}; mac={proof}"}

# --- HTTP, and what is expected ---
def connect(): return http.client.HTTPConnection(URL.hostname, URL.port or 5086, timeout=20)

def call(method, path, body=None, headers=None, connection=None, tries=3):
    """(status, answer), the answer being JSON in every case; a 429 is waited out, as Retry-After says."""
    line = connection or connect()
    try:
        line.request(method, path, body, headers or {})
    except (BrokenPipeError, ConnectionResetError):
        pass  # a body over the limit may be answered before all of it was read
    response = line.getresponse()
    status, text = response.status, response.read()
    connection or line.close()
    if status == 429 and tries > 1:
        time.sleep(int(response.getheader("Retry-After")))
        return call(method, path, body, headers, connection, tries - 1)
    return status, json.loads(text)

def post(body, headers=None, to=UPDATES, connection=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call("POST", to, body, {"Content-Type": "application/json"} | (headers or {}), connection)

def expect(what, wanted, came):
    if wanted != came:
        raise AssertionError(f"{what}: expected {wanted!r}, got {came!r}")

def proven(answer, word, agent_id, nonce):
    expect("agent_id, nonce", (agent_id, nonce), (answer.get("agent_id"), answer.get("nonce")))
    expect("mac", mac("ack", agent_id, nonce, word, answer["server_time"]), answer.get("mac"))

def succeeds(envelope, headers=None, word="ok", body=None, connection=None):
    status, answer = post(body or envelope, headers, connection=connection)
    expect("answer", (200, word), (status, answer.get("status", answer)))
    proven(answer, word, envelope["agent_id"], nonce_of(envelope))

def fails(wanted, envelope, headers=None, where=None, nonce=None, to=UPDATES):
    """A failure: `wanted` is its status and code; one found after a good MAC has to be proven, whatever it is."""
    status, answer = post(envelope, headers, to)
    error = answer.get("error", {})
    expect("answer", wanted, f"{status} {error.get('code', answer)}")
    expect("message, server_time", (str, int), (type(error.get("message")), type(answer.get("server_time"))))
    expect("error.path", where or error.get("path"), error.get("path"))
    if error["code"] not in "malformed unsupported_version bad_signature too_large unsupported_encoding".split():
        proven(answer, error["code"], envelope["agent_id"] or "", nonce_of(envelope) if nonce is None else nonce)

CHECKS = {}  # each a function of an agent nobody has seen before
def check(function): CHECKS[function.__name__] = function
def cases(family, table): CHECKS.update({f"{family}_{name}": function for name, function in table.items()})

# --- Section 7 ---
@check
def vectors(_):
    page, psk = PAGE.split("## 7. Test vectors")[1], b"kattila-test-vector-secret-0001"
    agent, relay, key = "0f3c9a5e7b1d42608c4e6f8091a2b3c4", "a1b2c3d4e5f60718293a4b5c6d7e8f90", Key(bytes(range(32)))
    data = re.search(r"```\nkattila/1/report\n(.*)\n```", page)[1]
    wanted = {"public_key": f"`public_key` is `{key.public}`", "hmac": f"`hmac`: `{mac('report', data, psk=psk)}`",
              "sig": "`sig`: `" + key.sign(f"kattila/1/report\n{data}") + "`"}
    for word in "ok", "stale_tick":
        proof = mac("ack", agent, json.loads(data)["nonce"], word, 1763650000456, psk=psk)
        wanted[word] = f"\n{word}\n1763650000456\n```\n\n`mac`: `{proof}`"
    proof = mac("hop", relay, 1763650000200, relay, mac("report", data, psk=psk), psk=psk)
    wanted["hop"] = f"`Kattila-Hop: v=1; agent={relay}; at=1763650000200; mac={proof}`"
    proof = mac("get", "/status/peer", agent, 1763650000300, "4OHi4-Tl5ufo6err7O3u7w", psk=psk)
    wanted["get"] = f"agent={agent},at=1763650000300,nonce=4OHi4-Tl5ufo6err7O3u7w,mac={proof}`"
    ends = sorted(["aTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", "ZIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="])
    proof = mac("wg-psk", *ends, psk=base64.b64decode("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="))
    wanted["psk_fingerprint"] = f"HMAC: `{proof}`, so the fingerprint is `{proof[:16]}`"
    expect("vectors that the page has otherwise", [], [name for name, text in wanted.items() if text not in page])

# --- Section 2: what a report may hold ---
IFACE = {"name": "eth0", "kind": "ethernet", "state": "up", "addresses": []}
ROUTE = {"dst": "10.9.0.0/24", "dev": "wg0"}
WG = {"name": "wg0", "public_key": base64.b64encode(bytes(range(32))).decode()}
PEER = {"interface": "wg0", "public_key": WG["public_key"], "allowed_ips": [], "rx_bytes": 0, "tx_bytes": 0}

@check
def report_of_the_page(a):
    text = re.search(r"```jsonc\n(.*?)```", PAGE, re.S)[1]
    example = json.loads(re.sub(r" // .*", "", text).replace("02:…", "02:00:00:00:00:01"))
    for entry in example["wg_interfaces"] + example["wg_peers"]:
        entry["public_key"] = WG["public_key"]
    succeeds(a.seal(example | a.data()))

cases("report", {
    "minimal": lambda a: succeeds(a.seal(a.data(without="public_key"), sign=False)),
    "with_identity": lambda a: (succeeds(a.report()), succeeds(a.report())),
    "minimal_sections": lambda a: succeeds(a.report(
        interfaces=[IFACE], wg_interfaces=[WG], wg_peers=[PEER], rules=[], neighbours=[], failures=[],
        routes=[ROUTE, {"dst": "10.8.0.0/16", "dev": "", "type": "blackhole"}])),
    "routes_2000": lambda a: succeeds(a.report(routes=[ROUTE] * 2000, routes_total=2500)),
    "unknown_fields": lambda a: succeeds(
        a.seal(a.data(x_new={"a": [1]}, interfaces=[IFACE | {"x_new": {}}]), x_new={"b": None})),
    "odd_spelling": lambda a: succeeds(a.seal(json.dumps(a.data()).replace(
        '"schema"', ' "x_new":[0.10, 3e-1,1E2,9007199254740993,-0.0,"\\u00e4ä\\/😀\\u0000"] ,\n\t"schema"'))),
    "in_raw_utf8": lambda a: (e := a.seal(json.dumps(a.data(hostname="ä😀"), ensure_ascii=False)),
                              succeeds(e, body=json.dumps(e, ensure_ascii=False).encode())),
    # The object that `data` is counts as the first level.
    "nesting_16": lambda a: succeeds(a.report(x_new=json.loads("[" * 15 + "]" * 15))),
    "nesting_17": lambda a: fails("422 invalid", a.report(x_new=json.loads("[" * 16 + "]" * 16)), nonce=""),
})

def fault(where, **fields): return lambda a: fails("422 invalid", a.report(**fields), where=where)
REQUIRED = "schema fleet_id agent_id agent_version hostname boot_id tick timestamp collected_at nonce interval_s"
cases("schema_without", {name: fault(name, without=name) for name in REQUIRED.split()})
for _section, _entry in {"interfaces": IFACE, "routes": ROUTE, "wg_interfaces": WG, "wg_peers": PEER}.items():
    cases(f"schema_without_{_section}", {
        name: fault(f"{_section}[1].{name}", **{_section: [_entry, less(_entry, name)]}) for name in _entry})
cases("schema_wrong", {
    **{name: fault(name, **{name: value}) for name, value in {
        "tick": "1", "hostname": None, "schema": "kattila.report/2", "interfaces": {}, "agent_id": new_id()}.items()},
    "address": fault("interfaces[0].addresses[1]", interfaces=[IFACE | {"addresses": ["10.0.0.1/8", 7]}]),
    "endpoint": fault("wg_peers[3].endpoint", wg_peers=[PEER] * 3 + [PEER | {"endpoint": 5}]),
    "data": lambda a: [fails("422 invalid", a.seal(data), nonce="") for data in ("{]", "", "[]", "null")],
})

# --- Section 3: envelope, MAC, encoding, size ---
def refused(*changes, wanted="400 malformed", **options):
    """Each of `changes` makes of a good report something else, which is sent."""
    return lambda a: [fails(wanted, change(a.report()), **options) for change in changes]

def zipped(body, pack=gzip.compress): return pack(json.dumps(body).encode())
GZIP, CODING = {"Content-Encoding": "gzip"}, "415 unsupported_encoding"
cases("envelope_without", {name: refused(lambda e, name=name: less(e, name))
                           for name in ("v", "type", "agent_id", "data", "hmac", "relay_path")})
cases("envelope", {
    "v_2": refused(lambda e: e | {"v": 2}, wanted="400 unsupported_version"),
    "not_json": refused(lambda _: b"v=1&type=report", lambda _: b"", lambda _: []),
    "not_utf8": refused(lambda e: json.dumps(e).encode().replace(b"stranger", b"strang\xff")),
    "mistyped": refused(*(lambda e, x=x: e | x for x in ({"data": {}}, {"relay_path": ""}, {"relay_path": [1]}))),
    "lone_surrogate": refused(lambda e: e | {"data": '{"x":"\ud800"}'}),
    "gzip": lambda a: (e := a.report(), succeeds(e, GZIP, body=zipped(e))),
    "broken_gzip": refused(lambda _: b"\x1f\x8b broken", lambda e: zipped(e)[:-12], headers=GZIP),
    "deflate": refused(lambda e: zipped(e, zlib.compress), wanted=CODING, headers={"Content-Encoding": "deflate"}),
    "br": refused(lambda _: b"\x0b\x02\x80{}\x03", wanted=CODING, headers={"Content-Encoding": "br"}),
})
BAD = "401 bad_signature"
cases("bad_signature", {
    "altered_byte": lambda a: fails(BAD, (e := a.report()) | {"data": e["data"].replace("stranger", "strangeR")}),
    "wrong_key": lambda a: fails(BAD, a.seal(a.data(), psk=b"not-the-secret-of-this-fleet")),
    "other_purpose": lambda a: fails(BAD, (e := a.report()) | {"hmac": mac("register", e["data"])}),
    "before_schema": lambda a: fails(BAD, a.seal(a.data(tick="x", timestamp=0), psk=b"x" * 16)),
})

def padded(a, size): return a.report(x_pad="p" * (size - len(json.dumps(a.report(x_pad="")))), tick=1)
LARGE = "413 too_large"
cases("size", {
    "1_mib": lambda a: (e := padded(a, MIB), expect("size", MIB, len(json.dumps(e))), succeeds(e)),
    "over_1_mib": lambda a: [fails(LARGE, padded(a, size)) for size in (MIB + 1, 8 * MIB)],
    "gzip_over_1_mib": lambda a: fails(LARGE, zipped(padded(a, MIB + 1)), GZIP),
    "gzip_bomb": lambda a: fails(LARGE, gzip.compress(bytes(64 * MIB)), GZIP),
})

# --- Section 3: clock, replay, identity ---
SKEW, WHO = "401 clock_skew", "401 bad_identity"
cases("clock", {
    "601_s": lambda a: [fails(SKEW, a.report(timestamp=now(s))) for s in (-601, 601)],
    "590_s": lambda a: [succeeds(a.report(timestamp=now(s))) for s in (-590, 590)],
    "collected_a_day_ago": lambda a: succeeds(a.report(collected_at=now(-86400))),
    "after_schema": lambda a: fails("422 invalid", a.report(timestamp=0, hostname=5), where="hostname"),
    "before_identity": lambda a: fails(SKEW, a.seal(a.data(timestamp=now(-601)), key=Key())),
})

@check
def duplicate(a):
    first, relay = a.report(), new_id()
    succeeds(first), succeeds(first, word="duplicate"), succeeds(a.report()), succeeds(first, word="duplicate")
    succeeds(first | {"relay_path": [relay]}, hop(relay, [relay], first["hmac"], now()), word="duplicate")

@check
def replayed(a):
    nonce = new_nonce()
    succeeds(a.report(nonce=nonce))
    fails("409 replayed", a.report(nonce=nonce)), fails("409 replayed", a.report(nonce=nonce, tick=1))
    succeeds(a.report()), succeeds(Agent().report(nonce=nonce))

@check
def stale_tick(a):
    succeeds(a.report(tick=7))
    fails("409 stale_tick", a.report(tick=7)), fails("409 stale_tick", a.report(tick=6))
    succeeds(a.report(tick=8)), succeeds(a.report(tick=800))

@check
def identity_pinned(a):
    other = Key()
    succeeds(a.report())
    for envelope in (a.seal(a.data(), sign=False), a.seal(a.data(without="public_key"), sign=False),
                     a.seal(a.data(), sig=b64(bytes(64))), a.seal(a.data(), key=other),
                     a.seal(a.data(public_key=other.public), key=other)):
        fails(WHO, envelope)
    succeeds(a.report()), succeeds(a.report(without="public_key"))

@check
def identity_optional_until_pinned(_):
    a = Agent(keyless=True)
    succeeds(a.report()), succeeds(a.report(public_key=Key().public))  # without a sig, nothing is pinned
    a.key = Key()
    succeeds(a.report())
    fails(WHO, a.seal(a.data(without="public_key"), sign=False))

@check
def identity_wrong_before_pinned(a):
    fails(WHO, a.seal(a.data(), key=Key()))
    for low in bytes(32), b"\x01" + bytes(31):  # points of low order
        fails(WHO, a.report(public_key=b64(low))), fails(WHO, a.seal(a.data(public_key=b64(low)), sign=False))
    a.key = Key()  # none of those pinned anything
    succeeds(a.report())

# --- Section 5: relayed reports ---
HOP, LOOP, X, Y, Z = "401 bad_hop", "409 relay_loop", new_id(), new_id(), new_id()
cases("relay", {
    "1_to_3_hops": lambda a: [succeeds(*a.relayed(path)) for path in ([X], [Y, X], [X, Y, Z])],
    "4_hops": lambda a: fails("409 too_many_hops", *a.relayed([X, Y, Z, new_id()])),
    "hop_590_s": lambda a: [succeeds(*a.relayed([X], at=now(s))) for s in (-590, 590)],
    "hop_601_s": lambda a: [fails(HOP, *a.relayed([X], at=now(s))) for s in (-601, 601)],
    "no_header": lambda a: [fails(HOP, a.relayed([X])[0], headers) for headers in ({}, {"Kattila-Hop": "v=1; agent="})],
    "wrong_mac": lambda a: fails(HOP, *a.relayed([X], wrong=True)),
    "header_of_another_report": lambda a: fails(HOP, a.relayed([X])[0], a.relayed([X])[1]),
    "header_of_another_path": lambda a: fails(HOP, (e := a.relayed([Y, X])[0]), hop(X, [X], e["hmac"], now())),
    "wrong_sender": lambda a: [fails(HOP, *a.relayed([X, Y], sender=sender)) for sender in (X, a.id, Z)],
    "origin_in_path": lambda a: [fails(LOOP, *a.relayed(path)) for path in ([X, a.id, Y], [X, a.id])],
    "id_twice": lambda a: fails(LOOP, *a.relayed([X, Y, X])),
})

# --- Section 4, and HTTP ---
def registers(envelope):
    status, answer = post(envelope, to=REGISTER)
    expect("answer", (200, "active"), (status, answer.get("status", answer)))
    agent_id, nonce = envelope["agent_id"] or answer["agent_id"], nonce_of(envelope)
    proven(answer | {"nonce": nonce}, "active", agent_id, nonce)  # the page does not list a nonce for this answer
    expect("an id", 32, len(re.sub("[^0-9a-f]", "", agent_id)))
    expect("interval_s", int, type(answer.get("interval_s")))
    return agent_id

@check
def register_issues_an_id(a):
    asked = a.registration(None)
    a.id = registers(asked)
    expect("the id, asked again and anew", [a.id] * 2, [registers(asked), registers(a.registration(None))])
    succeeds(a.report())
    fails(WHO, a.seal(a.data(), sign=False))

@check
def register_own_id(a):
    asked, other = a.registration(a.id), Agent()
    registers(asked), registers(asked), registers(a.registration(a.id))
    fails(WHO, a.seal(a.data(), key=other.key))  # for the registration pinned ours
    fails(WHO, other.registration(a.id), to=REGISTER)
    succeeds(a.report())

cases("register", {
    "unsigned": lambda a: fails(WHO, a.registration(None, sign=False), to=REGISTER),
    "wrong_sig": lambda a: fails(WHO, a.registration(a.id, key=Key()), to=REGISTER),
    "wrong_mac": lambda a: fails(BAD, a.registration(a.id, psk=b"x" * 16), to=REGISTER),
    "relayed_without_header": lambda a: fails(HOP, a.registration(a.id, path=[X]), to=REGISTER),  # "like a report"
    "id_outside_only": lambda a: fails("422 invalid", a.registration(None, agent_id=a.id), to=REGISTER),
})

@check
def healthcheck(_):
    status, answer = call("GET", "/status/healthcheck")
    expect("answer", (200, "ok", ["status", "uptime_s", "version"]), (status, answer.get("status"), sorted(answer)))

@check
def operators_only(a):
    for what in "GET /status/agents", "GET /status/alarms", "POST /status/admin/reset", "GET /api/v1/agents":
        for headers in {}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}:
            status, answer = call(*what.split(), json.dumps({"agent_id": a.id}) if "POST" in what else None, headers)
            expect(what, (401, str), (status, type(answer.get("error", {}).get("code"))))

@check
def keep_alive(a):
    line = connect()
    succeeds(a.report(), connection=line)
    socket = line.sock
    succeeds(a.report(), connection=line)
    expect("the connection", (True, True), (socket is not None, socket is line.sock))

def main():
    global OFFSET
    if not URL.hostname or len(PSK) < 16:
        sys.exit("usage: KATTILA_PSK=<at least 16 bytes> client.py http://host:port")
    OFFSET = post({})[1]["server_time"] - now()  # every failure tells the manager's clock
    failed = 0
    for name, function in CHECKS.items():
        try:
            function(Agent())
            print(f"ok {name}")
        except Exception as error:  # whatever went wrong is this check's failure, and the next one still runs
            failed += 1
            print(f"not ok {name}: {error if isinstance(error, AssertionError) else repr(error)}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)

main()
