#!/usr/bin/env python3
"""Requests per second of the tile server beside nginx: the same bytes, the same machine, one round of each after the other.

    cargo build --release -p tile-server
    python3 bench/peers/serve_load.py target/release/tile-server [--rounds 3] [--seconds 3] [--more '--metrics 0']

Takes `nginx` and `wrk` from the path (Debian's packages) and Python's standard library. Both servers have what they come
with and keep no log of requests; nginx has sendfile and as many workers as there are cores, once without and once with
a cache of open files. Prints a table in Markdown; times are medians of the rounds. `cpu` is the processor time of the server,
and of wrk, per request, which other programs disturb less than rates.
"""

import argparse, json, os, re, resource, shutil, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(HERE, "../../data/pbmc68k_reduced.h5ad")
CONNECTIONS, THREADS, IDLE = 64, 2, 5000
NGINX = """
worker_processes auto; pid {root}/nginx.pid; error_log {root}/nginx.err; worker_rlimit_nofile 20000;
events {{ worker_connections 8000; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type application/octet-stream;
    client_body_temp_path {root}/1; proxy_temp_path {root}/2; fastcgi_temp_path {root}/3; uwsgi_temp_path {root}/4;
    scgi_temp_path {root}/5;
    server {{ listen 127.0.0.1:{plain}; root {root}/files; }}
    server {{ listen 127.0.0.1:{cached}; root {root}/files; open_file_cache max=1000; open_file_cache_valid 60s; }}
}}
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def get(port, path):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "zstd"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def cpu_seconds(processes):
    ticks = 0
    for process in processes:
        fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(process):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{process}/status").read())[1]) / 1024


def children(process):
    return [int(child) for child in open(f"/proc/{process}/task/{process}/children").read().split()]


def load(port, path, header, seconds, processes):
    command = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-H", "Accept-Encoding: zstd"]
    command += ["-H", header] if header else []
    server, own = cpu_seconds(processes), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(said)
    server, after = cpu_seconds(processes) - server, resource.getrusage(resource.RUSAGE_CHILDREN)
    own = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
    requests = int(re.search(r"(\d+) requests in", said)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    p99 = float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), p99, 1e6 * server / requests, 1e6 * own / requests


def idle(process, port, path):
    """Memory and answers while thousands of connections are open that ask nothing."""
    before, connections = resident_mb(process), []
    for _ in range(IDLE):
        connections.append(socket.create_connection(("127.0.0.1", port)))
    times = []
    for _ in range(50):
        started = time.perf_counter()
        get(port, path)
        times.append(1e3 * (time.perf_counter() - started))
    during = resident_mb(process)
    for each in connections:
        each.close()
    time.sleep(2)
    print(
        f"\n{IDLE} connections without a request: {before:.1f} MB before, {during:.1f} MB during, "
        f"{resident_mb(process):.1f} MB after; 50 requests meanwhile, the slowest in {max(times):.1f} ms"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--more", default="--quiet", help="further arguments of the server")
    arguments = parser.parse_args()
    root = tempfile.mkdtemp()
    os.chmod(root, 0o755)
    plain, cached, port = free_ports(3)
    running = []
    try:
        built = f"{root}/cells"
        subprocess.run([arguments.server, "build", "--quiet", DEMO, "--out", built], check=True)
        command = [arguments.server, "serve", built, "--no-open", "--port", str(port), *arguments.more.split()]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        running[0].stdout.readline()
        dataset = json.loads(get(port, "/api/datasets"))[0]["id"]
        data = f"/data/{dataset}"
        shutil.copytree(built, f"{root}/files{data}")
        named = lambda stem: next(name for name in os.listdir(built) if name.startswith(stem))
        tile = f"{data}/tiles/{named('obs-').removesuffix('.pack')}/2"
        os.makedirs(os.path.dirname(f"{root}/files{tile}"))
        open(f"{root}/files{tile}", "wb").write(get(port, tile))
        open(f"{root}/nginx.conf", "w").write(NGINX.format(root=root, plain=plain, cached=cached))
        running.append(subprocess.Popen(["nginx", "-c", f"{root}/nginx.conf", "-g", "daemon off;"]))
        time.sleep(1)
        nginx = children(running[1].pid)
        servers = {
            "nginx": (plain, nginx),
            "nginx, open files kept": (cached, nginx),
            "tile server": (port, [running[0].pid]),
        }
        pack = f"{data}/{named('genes0')}"
        kinds = {
            "tile, 1.1 kB": (tile, None),
            "range, 2 kB": (pack, "Range: bytes=10000-11999"),
            "manifest, 13 kB": (f"{data}/manifest.tsm", None),
            "range, 1 MB": (pack, "Range: bytes=0-1048575"),
        }
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, wrk with {CONNECTIONS} connections\n")
        print("| | server | requests/s | × nginx | p99, ms | cpu, µs | cpu of wrk, µs |\n| --- | --- | --: | --: | --: | --: | --: |")
        for kind, (path, header) in kinds.items():
            rounds = {name: [] for name in servers}
            for _ in range(arguments.rounds):
                for name, (at, processes) in servers.items():
                    rounds[name].append(load(at, path, header, arguments.seconds, processes))
            median = {name: [statistics.median(column) for column in zip(*of)] for name, of in rounds.items()}
            for name, (rate, p99, server, own) in median.items():
                ratio = rate / median["nginx"][0]
                print(f"| {kind} | {name} | {rate:.0f} | {ratio:.2f} | {p99:.1f} | {server:.1f} | {own:.1f} |", flush=True)
        idle(running[0].pid, port, tile)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            process.wait()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
