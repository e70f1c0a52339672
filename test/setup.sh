#!/bin/sh
# Installs what the tests use beyond npm packages. Debian and its children: from apt. Elsewhere: says what is missing, and the tests
# that need it say so again when they skip.
set -u

# command or file that shows it is there | Debian package | what for
needs='
arm-none-eabi-gcc|gcc-arm-none-eabi|rebuilding loader and stub
cc|gcc libc6-dev|running the C of the stub on the desk
libunicorn.so.2|libunicorn2|the oracle for the CPU engine
stm32flash|stm32flash|a client of the virtual ROM that we did not write
socat|socat|the pty for stm32flash, and a converter that we did not write
ser2net|ser2net|another converter that we did not write, raw and RFC 2217
openssl|openssl|certificates, and a TLS end that we did not write
'

is_there() {
  case $1 in
    arm-none-eabi-gcc) [ -x xpacks/.bin/$1 ] || command -v $1 >/dev/null ;;
    *.so.*) ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1" ;;
    *) command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] ;;
  esac
}

missing_packages=
missing_lines=
IFS='
'
for need in $needs; do
  what=${need%%|*}
  rest=${need#*|}
  is_there "$what" && continue
  missing_packages="$missing_packages ${rest%%|*}"
  missing_lines="$missing_lines  $what ($(echo "${rest#*|}"))
"
done
unset IFS
[ -z "$missing_packages" ] && exit 0

if command -v apt-get >/dev/null; then
  as_root=
  [ "$(id -u)" = 0 ] || as_root='sudo -n'
  echo "installing from apt:$missing_packages"
  # shellcheck disable=SC2086
  if $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing_packages >/dev/null; then
    exit 0
  fi
  echo "apt-get could not install them."
fi
printf 'missing here; the tests that need them will be skipped:\n%s' "$missing_lines"
# In CI a test that skips would be a green light for nothing.
[ "${CI:-}" = true ] && [ -e /etc/debian_version ] && exit 1
exit 0
