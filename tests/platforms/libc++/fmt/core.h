// fmt 11.1 calls malloc() and free() without their header, which only libstdc++ includes by chance.
#pragma once
#include <cstdlib>
#include_next <fmt/core.h>
