/// at::parallel_for, for the sources that are compiled with OpenMP. Without OpenMP, the loop would silently
/// run on one thread; therefore it is an error here (lib/CMakeLists.txt lists the sources that get the flag).
#pragma once

#ifndef _OPENMP
#error "at::parallel_for needs OpenMP: add this source to the object library 'parallel' in lib/CMakeLists.txt"
#endif

#include <ATen/Parallel.h>
