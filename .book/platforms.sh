# shellcheck shell=bash disable=SC2154
# ./book platforms: tests the library with other compilers and for other processors; ./book sources this file.
# Each platform is built and tested in a system, a folder with a separate Debian, so that the machine's own
# packages do not change. Uses the variables and functions of ./book.

no_system=3 # the exit status if a system could not be created and nothing else went wrong
systems=${XDG_CACHE_HOME:-$HOME/.cache}/nn-platforms
platforms=(gcc-15 gcc-16 gcc-16-double clang-21 clang-22 sanitizers libc++ plain arm arm-double riscv)
# The modules that compute. On an emulator, only these are tested.
computing='tensor vector matmul images convolution pooling activation cost normalization recurrent attention training'

libraries_of_systems=(librange-v3-dev libfmt-dev zlib1g-dev libpng-dev libturbojpeg0-dev libwebp-dev
  nlohmann-json3-dev libprotozero-dev libgtest-dev)
# What a platform needs in addition to its compiler. (libbenchmark is for the comparison of compilers.)
tools_of_systems=(cmake ninja-build python3 libbenchmark-dev)

# describe PLATFORM: sets suite, its Debian release; machine, the processor if it is emulated; compilers,
# Debian's packages; tested, in words; targets, what is built; choice, the tests, for CTest; settings, for CMake.
# Debian's unstable branch, sid, has the newest compilers but changes all the time, so emulated platforms use the
# stable release.
describe() {
  local name=${1%-double}
  suite=sid machine='' tested='all modules' targets=(all) choice=(--label-exclude slow)
  settings=(-DCMAKE_BUILD_TYPE=Release -DNN_CHAPTERS=OFF -DNN_INSTALL=OFF)
  case $name in
    sanitizers) sanitize ;;
    gcc-*) settings+=("-DCMAKE_CXX_COMPILER=g++-${name#gcc-}") compilers=("g++-${name#gcc-}") ;;
    clang-*) take_clang "${name#clang-}" ;;
    libc++)
      take_clang 22
      compilers+=(libc++-22-dev libc++abi-22-dev googletest)
      # Debian's compiled fmt and GoogleTest are for the other standard library.
      settings+=("-DCMAKE_CXX_FLAGS=-stdlib=libc++ -DFMT_HEADER_ONLY -isystem $root/tests/platforms/libc++"
        "-DCMAKE_PREFIX_PATH=$root/build/platforms/googletest/installed"
        # Its std::string in a precompiled header is not that of the modules.
        -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON)
      ;;
    plain)
      suite=trixie
      take_clang 19
      settings+=(-DNN_ARCH=)
      ;;
    arm) emulate arm64 ;;
    riscv)
      emulate riscv64
      compilers+=(binutils-riscv64-linux-gnu)
      ;;
  esac
  if [[ $1 == *-double ]]; then
    # Compiles fast, since the compiler's optimization is tested in float. Without the precompiled header, every test
    # file must include what it uses.
    settings+=(-DNN_REAL=double '-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG' -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON)
  fi
}

# take_clang VERSION: uses it as the compiler.
take_clang() {
  compilers=("clang-$1" "clang-tools-$1")
  settings+=("-DCMAKE_CXX_COMPILER=clang++-$1")
}

# The newest clang, whose sanitizers see the most, with the settings of `./book fuzz`, which follows.
sanitize() {
  local module modules
  modules="$(python3 "$root/docs/tools/module_list.py" | paste -sd ' ') misuse"
  take_clang 22
  compilers+=(libclang-rt-22-dev)
  settings=(--preset fuzz -DNN_TESTS=ON -DCMAKE_CXX_COMPILER=clang++-22)
  tested='all modules, sanitized' targets=(fuzz.tests)
  for module in $modules; do targets+=("${module}_test"); done
  choice=(--tests-regex "^(${modules// /|})[.]")
}

# emulate DEBIANS-NAME: clang 19 compiles for another processor, and QEMU runs the programs here.
emulate() {
  local module
  suite=trixie machine=$1 tested='what computes' targets=()
  for module in $computing; do targets+=("$module.tests"); done
  choice=(--tests-regex "^(${computing// /|})(_double)?[.]")
  compilers=(clang-19 clang-tools-19 lld-19 qemu-user-static "libstdc++-14-dev:$1")
  # Emulation is so slow that the tests are optimized, too.
  settings+=("-DCMAKE_TOOLCHAIN_FILE=tests/platforms/$name.cmake" -DCMAKE_BUILD_TYPE=RelWithDebInfo
    '-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -DNDEBUG')
}

# inside COMMAND…: runs it in the system, with the book at its usual path.
inside() {
  chroot "$systems/$suite" env --ignore-environment --chdir="$root" HOME=/root LC_ALL=C.UTF-8 \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

# Creates the system if it is missing, and installs what the platform needs.
make_system() {
  local system=$systems/$suite library
  local packages=("${tools_of_systems[@]}" "${compilers[@]}" "${libraries_of_systems[@]}")
  local apt_get=(apt-get -y -q --no-install-recommends -o Acquire::Check-Valid-Until=false)
  if [[ ! -e $system/made ]]; then
    rm -rf "$system"
    mkdir -p "$systems"
    debootstrap --variant=minbase "$suite" "$system"
    touch "$system/made"
  fi
  mkdir -p "$system/$root"
  if ! mountpoint -q "$system/$root"; then
    mount --bind "$root" "$system/$root"
    mount -t proc proc "$system/proc"
    mount -t devpts devpts "$system/dev/pts" # apt writes its log through a terminal
  fi
  cp /etc/resolv.conf /etc/hosts "$system/etc/"
  if [[ -n $machine ]]; then
    inside dpkg --add-architecture "$machine"
    for library in "${libraries_of_systems[@]}"; do
      # Header-only libraries are the same for all processors.
      case $library in
        librange-v3-dev | nlohmann-json3-dev | libprotozero-dev) ;;
        *) packages+=("$library:$machine") ;;
      esac
    done
  fi
  if ! inside dpkg --status "${packages[@]}" >/dev/null; then
    inside "${apt_get[@]}" update
    inside "${apt_get[@]}" install "${packages[@]}"
  fi
}

# Builds GoogleTest from Debian's sources with the settings of the platform.
build_googletest() {
  local folder=build/platforms/googletest
  inside cmake -S /usr/src/googletest -B "$folder" -G Ninja "${settings[@]}" "-DCMAKE_C_COMPILER=${compilers[0]}" \
    "-DCMAKE_INSTALL_PREFIX=$root/$folder/installed"
  inside cmake --build "$folder"
  inside cmake --install "$folder"
}

# build_and_test PLATFORM: configures, builds and tests it; the output goes to the log.
build_and_test() {
  local folder=build/platforms/$1
  if [[ $1 == libc++ ]]; then build_googletest; fi
  inside cmake -S . -B "$folder" -G Ninja "${settings[@]}"
  inside cmake --build "$folder" --target "${targets[@]}"
  inside ctest --test-dir "$folder" --output-on-failure --parallel "$(nproc)" --no-tests=error "${choice[@]}"
  if [[ $1 == sanitizers ]]; then
    inside python3 tests/fuzz/fuzz.py --programs "$folder/tests/fuzz" --seconds 20
  fi
}

# The compiler and its version: g++ 16.2.0.
version_in_system() {
  local setting
  local compiler=clang++-19
  for setting in "${settings[@]}"; do
    if [[ $setting == -DCMAKE_CXX_COMPILER=* ]]; then compiler=${setting#*=}; fi
  done
  printf '%s %s' "${compiler%%++*}++" "$(inside "$compiler" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)"
}

# Replaces the platform's row in the table docs/reliability/platforms.txt.
record_platform() {
  local table=$root/docs/reliability/platforms.txt name row today
  today=$(date +%F)
  row="| $1 | $2 | $3 | $4 | $today |"
  {
    printf '| platform | compiler | tests of | passed | on |\n| --- | --- | --- | ---: | --- |\n'
    for name in "${platforms[@]}"; do
      if [[ $name == "$1" ]]; then echo "$row"; else grep -F "| $name |" "$table" 2>/dev/null || true; fi
    done
  } >"$table.new"
  mv "$table.new" "$table"
}

# begin_again COMMAND…: runs ./book COMMAND… in a mount namespace, so that it can mount the book into systems. The
# mounts exist only for this command and disappear when it ends.
begin_again() {
  if ((EUID != 0)); then fail "this creates separate Debian systems, which needs root: sudo ./book $*"; fi
  if [[ -n ${NN_MOUNTS:-} ]]; then return; fi
  if ! unshare --mount true; then
    say "book: cannot mount folders, which the separate systems need; a container usually forbids it."
    exit "$no_system"
  fi
  programs+=(debootstrap debootstrap unshare util-linux)
  log=$root/build/platforms.log # and another lock: the systems have their own build folders
  prepare
  exec {lock}>&-
  NN_MOUNTS=private exec unshare --mount "$root/book" "$@"
}

# Builds the library and the training benchmark of ./book speed.
build_race() {
  inside cmake -S . -B "build/platforms/$1" -G Ninja "${settings[@]}" -DNN_SPEED=ON
  inside cmake --build "build/platforms/$1" --target speed_training
}

# ./book speed --compilers: all compilers are in the same Debian, with the same libraries.
compare_compilers() {
  local name racers=()
  check_options "$root/tests/speed/compilers.py" "$@"
  begin_again speed --compilers "$@"
  for name in clang-19 clang-22 gcc-15 gcc-16; do
    describe "$name"
    log=$root/build/platforms-$name.log
    say "$name, in Debian's $suite …"
    (make_system; build_race "$name") >"$log" 2>&1 </dev/null &
    wait $! || fail_step "building $name"
    racers+=("$(version_in_system)=build/platforms/$name/tests/speed/speed_training")
  done
  inside python3 tests/speed/compilers.py "$@" "${racers[@]}"
}

# Returns 1 if a platform failed, or 3 if nothing failed but a system could not be created.
book_platforms() {
  local name chosen=("$@") count failed=0 begun
  for name in "$@"; do
    [[ " ${platforms[*]} " == *" $name "* ]] || refuse "there is no platform '$name'; there are: ${platforms[*]}."
  done
  begin_again platforms "$@"
  if (($# == 0)); then chosen=("${platforms[@]}"); fi
  for name in "${chosen[@]}"; do
    describe "$name"
    log=$root/build/platforms-$name.log
    begun=$SECONDS
    say "$name, in Debian's $suite …"
    # Run as jobs, so that they stop at the first failure.
    (make_system) >"$log" 2>&1 </dev/null &
    if ! wait $!; then
      say "$name: its system could not be created. The full output is in $log."
      if ((failed == 0)); then failed=$no_system; fi
      continue
    fi
    (build_and_test "$name") >>"$log" 2>&1 </dev/null &
    if ! wait $!; then
      grep -m 3 -A 3 -E 'error: |Error |\*\*\*Failed|^E: ' "$log" >&2 || tail -n 5 "$log" >&2
      say "$name: failed. The full output is in $log."
      failed=1
      continue
    fi
    count=$(sed -nE 's/^100% tests passed, 0 tests failed out of ([0-9]+).*/\1/p' "$log")
    record_platform "$name" "$(version_in_system)" "$tested" "$count"
    printf '%-12s %-30s %5s tests passed, %4d s\n' "$name" "$(version_in_system)" "$count" $((SECONDS - begun))
  done
  return "$failed"
}
