#!/usr/bin/env bash
# Installs the Debian packages that tests and benchmarks use. Usage: bash scripts/install-test-tools.sh [--if-root]
# With --if-root it says what is missing, and goes on, when it may not install: the tests that need a tool name it again.
set -euo pipefail

# command or file:package
TOOLS=(
  curl:curl
  openssl:openssl
  ab:apache2-utils
  nginx:nginx-light
  haproxy:haproxy
  /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream
  wrk:wrk
  gunicorn:gunicorn
  taskset:util-linux
  ip:iproute2
  systemctl:systemd
  supervisord:supervisor
  socat:socat
)

missing=()
for tool in "${TOOLS[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${tool%%:*}" >/dev/null || [ -e "${tool%%:*}" ] || missing+=("${tool##*:}")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "all test tools are installed"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "missing: ${missing[*]}; install them with: sudo apt-get install --yes ${missing[*]}" >&2
  [ "${1:-}" = "--if-root" ] && exit 0
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet --quiet
apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
