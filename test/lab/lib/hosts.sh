# shellcheck shell=bash
# Hosts as namespaces: power, running things inside, long-lived processes with a log.

# Is this host running? (A pid file alone proves nothing: numbers are reused.)
is_alive() {
  local pid
  [ -s "$LAB/$1/pid" ] || return 1
  read -r pid <"$LAB/$1/pid"
  grep -qszxF -- "$LAB/$1" "/proc/$pid/cmdline"
}

# The process number of a host's first process.
pid_of() {
  is_alive "$1" || die "$1 is dead; bring it back with: lab boot $1"
  fact "$1" pid
}

# Runs a command on a host (or on a router, or on core).
in_host() {
  local pid
  pid=$(pid_of "$1") || exit 1
  shift
  nsenter -t "$pid" -m -r -n -u -p -- env -C "$PWD" "$@"
}

# Starts the namespaces of a host, without network. The double fork keeps a bare `wait` from blocking on the holder.
start_host() {
  local dir=$LAB/$1
  rm -f "$dir/pid" "$dir/run/"*.pid
  (setsid unshare --mount --net --uts --pid --fork --kill-child "$LIB/pid1" "$dir" </dev/null >"$dir/boot.log" 2>&1 &)
  poll 30 test -s "$dir/pid" || die "$1 did not start: $(<"$dir/boot.log")"
}

# Pulls the plug and waits until the host is gone.
stop_host() {
  local host=$1 pid
  is_alive "$host" || return 0
  pid=$(fact "$host" pid)
  kill -KILL "$pid"
  poll 10 not test -e "/proc/$pid" || die "$host does not die (process $pid)"
  rm -f "$LAB/$host/pid"
}

cmd_exec() {
  takes 2 999 'exec HOST CMD...' "$@"
  [ "$1" = core ] || need_host "$1"
  in_host "$@"
}

cmd_kill() {
  takes 1 1 'kill HOST' "$@"
  need_host "$1"
  is_alive "$1" || die "$1 is dead already"
  ! is_router "$1" || die "$1 is a router; take its site away with: lab link $1 down"
  stop_host "$1"
  # its cable goes with its namespace, but a moment later; boot must not meet it
  in_host "$(fact "$1" uplink)" ip link del "v-$1" 2>/dev/null || :
}

cmd_boot() {
  takes 1 1 'boot HOST' "$@"
  need_host "$1"
  ! is_alive "$1" || die "$1 runs already"
  start_host "$1"
  attach "$1"
  if [ "$1" = mgr ]; then serve_dns; fi
  local iface
  for iface in $(ifaces_of "$1"); do
    start_tunnel "$1" "$iface"
    speak first "$1" "$iface"
    speak second "$1" "$iface"
  done
}

# Is this spawned process running?
is_running() {
  local pid
  [ -s "$LAB/$1/run/$2.pid" ] && is_alive "$1" || return 1
  read -r pid <"$LAB/$1/run/$2.pid"
  in_host "$1" test -e "/proc/$pid"
}

# Starts a process that outlives its starter; in its own process group (set -m), so that stop reaches its children too.
cmd_spawn() {
  takes 3 999 'spawn HOST NAME CMD...' "$@"
  local host=$1 name=$2
  shift 2
  need_host "$host"
  [[ $name =~ ^[A-Za-z0-9_.-]+$ ]] || die "spawn: a process name is letters, digits, '_', '.' and '-', not '$name'"
  ! is_running "$host" "$name" || die "$host runs $name already; end it with: lab stop $host $name"
  # shellcheck disable=SC2016  # expands on the host
  in_host "$host" bash -c '
    command -v -- "$2" >/dev/null || { echo "lab: $1: no program $2" >&2; exit 127; }
    set -m
    "${@:2}" </dev/null >"$0.log" 2>&1 9>&- &
    echo $! >"$0.pid"' "$LAB/$host/run/$name" "$host" "$@"
}

cmd_stop() {
  takes 2 3 'stop HOST NAME [SIGNAL]' "$@"
  local host=$1 name=$2 signal=${3:-TERM}
  need_host "$host"
  is_running "$host" "$name" || die "$host does not run $name; its last words: lab logs $host $name"
  # shellcheck disable=SC2016  # expands on the host
  in_host "$host" bash -c 'kill -s "$1" -- "-$2"' stop "$signal" "$(<"$LAB/$host/run/$name.pid")"
  case $signal in TERM | INT | QUIT | KILL)
    poll 10 not is_running "$host" "$name" || die "$name on $host got $signal but still runs; try: lab stop $host $name KILL"
    ;;
  esac
}

cmd_logs() {
  takes 2 2 'logs HOST NAME' "$@"
  need_host "$1"
  [ -e "$LAB/$1/run/$2.log" ] || die "$1 never ran $2; it ran: $(cd "$LAB/$1/run" && echo *.log)"
  cat "$LAB/$1/run/$2.log"
}
