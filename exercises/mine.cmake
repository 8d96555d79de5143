# Your modules, as a project of their own for an editor: cmake -B build -G Ninja, in this folder.
cmake_minimum_required(VERSION 3.28)
project(mine LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
add_subdirectory(.. nn EXCLUDE_FROM_ALL)
add_subdirectory(../exercises exercises)
