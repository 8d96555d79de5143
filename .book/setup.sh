# shellcheck shell=bash disable=SC2154
# Finds what ./book needs and installs what is missing; ./book sources this file. In reading order: what is
# needed, how it is found, how it is installed. Uses the variables root, build and log and the functions
# say, fail and step of ./book.

oldest_clang=19
oldest_gcc=15                       # GCC 14 fails on the modules with internal compiler errors
oldest_cmake=3.28
venv=$root/.venv
venv_cmake=3.31.10                  # for systems whose CMake is too old
venv_stamp=$venv/cmake-$venv_cmake  # created last: without it, .venv is incomplete
docs_venv=$root/.venv-docs          # Sphinx and what it needs
peers=$root/build/peers             # PyTorch and JAX, to compare with
peers_torch=2.15.0
peers_jax=0.10.2
peers_stamp=$peers/torch-$peers_torch-jax-$peers_jax
charts=/usr/share/javascript/chart.js/chart.min.js

# A header of each library, and the Debian and Ubuntu package that provides it.
libraries=(
  range/v3/view/zip.hpp librange-v3-dev
  fmt/core.h libfmt-dev
  zlib.h zlib1g-dev
  png.h libpng-dev
  turbojpeg.h libturbojpeg0-dev
  webp/decode.h libwebp-dev
  CLI/CLI.hpp libcli11-dev
  nlohmann/json.hpp nlohmann-json3-dev
  protozero/pbf_builder.hpp libprotozero-dev
  gtest/gtest.h libgtest-dev
)

# Other programs and their packages. A command may add to either list.
programs=(ninja ninja-build)
needs_venv=   # whether a command creates a Python environment
needs_clang=  # whether a command needs clang, so that GCC is not enough
needs_fuzzer= # whether a command needs clang's sanitizers and fuzzer
needs_wasm=   # whether a command compiles WebAssembly for the pages

# ------------------------------------------------------------------------- finding what is needed

# The version number of a program, such as 19.1.7.
version_of() { "$1" --version 2>/dev/null | grep -m 1 -oE '[0-9]+(\.[0-9]+)+'; }

at_least() { printf '%s\n' "$1" "$2" | sort -V -C; }

# cached NAME: an entry of CMake's cache in the build folder.
cached() {
  if [[ -e $build/CMakeCache.txt ]]; then
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
  fi
}

is_clang() { [[ $("$1" --version 2>/dev/null) == *'clang version'* ]]; }

# Whether a compiler can build modules: a recent enough clang with clang-scan-deps in the path or next to it,
# or a recent enough GCC.
is_usable() {
  local version major
  version=$(version_of "$1") || return 1
  major=${version%%.*}
  if is_clang "$1"; then
    ((major >= oldest_clang)) || return 1
    command -v "clang-scan-deps-$major" "$(dirname "$(command -v "$1")")/clang-scan-deps" >/dev/null
  else
    [[ -z $needs_clang$needs_fuzzer$needs_wasm && $("$1" --version) == *'Free Software Foundation'* ]] &&
      ((major >= oldest_gcc))
  fi
}

# Sets compiler: the one in CXX, else that of the build folder, else the newest clang, else the newest GCC.
find_compiler() {
  local candidate
  if [[ -n ${CXX:-} ]]; then
    if ! is_usable "$CXX"; then
      if [[ -n $needs_clang$needs_fuzzer$needs_wasm ]]; then
        fail "CXX is '$CXX', but this command needs clang $oldest_clang or newer with its" \
          "clang-scan-deps: unset CXX, or set it to such a clang++."
      fi
      fail "CXX is '$CXX', but the modules need clang $oldest_clang or newer with its clang-scan-deps," \
        "or GCC $oldest_gcc or newer: unset CXX, or set it to such a compiler."
    fi
    compiler=$(command -v "$CXX")
    return
  fi
  compiler=
  for candidate in "$(cached CMAKE_CXX_COMPILER)" $(compgen -c clang++ | sort -Vru) \
    $(compgen -c g++ | sort -Vru); do
    if is_usable "$candidate"; then
      compiler=$(command -v "$candidate")
      return
    fi
  done
}

# Sets cmake: the system's if it is new enough, else that of .venv.
find_cmake() {
  cmake=$(command -v cmake || true)
  if [[ -n $cmake ]] && at_least $oldest_cmake "$(version_of "$cmake")"; then return; fi
  cmake=
  if [[ -e $venv_stamp ]]; then
    # Not .venv/bin/cmake, a slow wrapper that breaks when the folder is moved.
    cmake=$(compgen -G "$venv/lib/python3*/site-packages/cmake/data/bin/cmake" || true)
  fi
}

has_header() {
  local prefix
  for prefix in /usr /usr/local ${CMAKE_PREFIX_PATH:+${CMAKE_PREFIX_PATH//[:;]/ }}; do
    if [[ -e $prefix/include/$1 || -e $prefix/include/$(uname -m)-linux-gnu/$1 ]]; then return; fi
  done
  return 1
}

# Sets compiler and cmake, and collects in missing the packages that must be installed.
look_around() {
  missing=()
  find_compiler
  if [[ -z $compiler ]]; then
    local number
    number=$(packaged_clang)
    missing+=("clang-$number" "clang-tools-$number")
  elif is_clang "$compiler" && ! "$compiler" -x c++ -fsyntax-only - <<<'#include <version>' 2>/dev/null; then
    missing+=("$(packaged_standard_library)")
  fi
  if [[ -n $needs_fuzzer ]] && ! has_fuzzer; then
    missing+=("libclang-rt-$(compiler_number)-dev")
  fi
  if [[ -n $needs_wasm ]]; then
    if ! has_wasm; then
      local number
      number=$(compiler_number)
      missing+=(wasi-libc "lld-$number" "libc++-$number-dev-wasm32" "libc++abi-$number-dev-wasm32"
        "libclang-rt-$number-dev-wasm32")
    fi
    if [[ ! -e $charts ]]; then missing+=(libjs-chart.js); fi
  fi
  local i
  for ((i = 0; i < ${#programs[@]}; i += 2)); do
    if [[ -z $(command -v "${programs[i]}") ]]; then missing+=("${programs[i + 1]}"); fi
  done
  for ((i = 0; i < ${#libraries[@]}; i += 2)); do
    if ! has_header "${libraries[i]}"; then missing+=("${libraries[i + 1]}"); fi
  done
  if [[ -n $needs_venv ]] && ! python3 -c 'import ensurepip' 2>/dev/null; then
    missing+=(python3-venv)
  fi
  find_cmake
  if [[ -n $cmake ]]; then
    return
  elif at_least $oldest_cmake "$(apt-cache policy cmake 2>/dev/null | sed -n 's/ *Candidate: //p')"; then
    missing+=(cmake)
  elif ! python3 -c 'import ensurepip' 2>/dev/null; then
    missing+=(python3-venv)
  fi
}

has_fuzzer() {
  [[ -n $compiler ]] && "$compiler" -x c++ -E - >/dev/null 2>&1 <<'FUZZER'
#if !__has_include(<fuzzer/FuzzedDataProvider.h>)
#error
#endif
FUZZER
}

# Whether the compiler can build a complete program for the pages.
has_wasm() {
  [[ -n $compiler ]] && "$compiler" --target=wasm32-wasi -x c++ - -o /dev/null 2>/dev/null \
    <<<'#include <string>
int main(int count, char**) { return static_cast<int>(std::to_string(count).size()); }'
}

# The major version of the compiler that is installed, or will be.
compiler_number() {
  local version
  if [[ -z $compiler ]]; then packaged_clang; else version=$(version_of "$compiler") && echo "${version%%.*}"; fi
}

# The major version of the oldest clang package that is new enough, because the book is tested with that one.
packaged_clang() {
  local number
  for number in $(apt-cache pkgnames clang- 2>/dev/null | sed -nE 's/^clang-([0-9]+)$/\1/p' | sort -n) \
    $oldest_clang; do
    if ((number >= oldest_clang)); then break; fi
  done
  echo "$number"
}

# clang uses the standard library of the newest gcc that it finds, even if only gcc's C part is installed.
packaged_standard_library() {
  local gcc
  gcc=$("$compiler" -v 2>&1 | sed -n 's|^Selected GCC installation: .*/||p')
  if [[ -n $gcc ]]; then echo "libstdc++-$gcc-dev"; else echo g++; fi
}

# --------------------------------------------------------------------- installing what is missing

# Makes sure that everything needed is installed. Looks for it without the network; needs root or the network
# only if something is missing.
setup() {
  look_around
  if ((${#missing[@]} > 0)); then install_packages; fi
  if [[ -z $cmake ]]; then make_venv; fi
}

install_packages() {
  if [[ -z $(command -v apt-get) ]]; then
    fail "these packages are missing (Debian's names): ${missing[*]}. $(other_systems_command)"
  elif ! become_root; then
    fail "packages are missing, and installing them needs root or sudo. As root, run:" \
      "apt-get install ${missing[*]}"
  fi
  local apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y
    -o DPkg::Lock::Timeout=60 --no-install-recommends)
  # A failure here may be irrelevant (another repository is down); if it is not, installing fails, too.
  step "updating the list of packages" try "${apt_get[@]}" update
  look_around # the new list may have another clang, or a newer CMake
  try "${as_root[@]}" dpkg --configure -a >>"$log" 2>&1 # completes an interrupted installation
  step "installing ${missing[*]}" "${apt_get[@]}" --fix-broken install "${missing[@]}"
  look_around
  if ((${#missing[@]} > 0)); then
    fail "still not found after installing: ${missing[*]}. The full output is in $log."
  fi
}

# Without apt-get: prints the command of the system's package manager that installs the missing packages, with
# that system's names from .book/packages.
other_systems_command() {
  local managers=('dnf install' 'pacman -S' 'zypper install' 'brew install') column package name names=()
  for column in 0 1 2 3; do
    if [[ -z $(command -v "${managers[column]%% *}") ]]; then continue; fi
    for package in "${missing[@]}"; do
      if [[ $package =~ ^(clang|clang-tools)-[0-9]+$ ]]; then package=${BASH_REMATCH[1]}; fi
      name=$(awk -v name="$package" -v column=$((column + 2)) '$1 == name { print $column }' "$root/.book/packages")
      names+=("${name:-$package}")
    done
    echo "On this system, try: ${managers[column]} $(printf '%s\n' "${names[@]}" | sort -u | paste -sd ' ')"
    return
  done
  echo "Install them and run this again."
}

try() { "$@" || true; }

# Sets as_root to the prefix for commands that need root. On a terminal, sudo may ask for a password.
become_root() {
  as_root=()
  if ((EUID == 0)); then return; fi
  as_root=(sudo)
  [[ -n $(command -v sudo) ]] && { sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }; }
}

make_venv() {
  step "creating a Python environment in .venv" python3 -m venv --clear "$venv"
  step "installing CMake $venv_cmake in it" "$venv/bin/python" -m pip install "cmake==$venv_cmake"
  touch "$venv_stamp"
  find_cmake
}

install_sphinx() {
  if cmp -s "$root/docs/requirements.txt" "$docs_venv/installed"; then return; fi
  step "creating a Python environment in .venv-docs" python3 -m venv --clear "$docs_venv"
  step "installing Sphinx in it" "$docs_venv/bin/python" -m pip install -r "$root/docs/requirements.txt"
  cp "$root/docs/requirements.txt" "$docs_venv/installed"
}

# The PyTorch of the version above, or else Debian's.
install_peers() {
  if [[ -e $peers_stamp ]]; then return; fi
  say "installing PyTorch $peers_torch and JAX $peers_jax, several gigabytes, in build/peers …"
  if python3 -m venv --clear "$peers" >>"$log" 2>&1 &&
    "$peers/bin/python" -m pip install "torch==$peers_torch" "jax==$peers_jax" numpy >>"$log" 2>&1; then
    touch "$peers_stamp"
  elif ! python3 -c 'import torch' 2>/dev/null; then
    missing=(python3-torch)
    install_packages
  fi
}
