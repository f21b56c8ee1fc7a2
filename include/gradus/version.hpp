#pragma once
/// \file
/// The version of gradus, by semantic versioning (CHANGELOG.md). CMake reads it from here.

#define GRADUS_VERSION_MAJOR 0
#define GRADUS_VERSION_MINOR 1
#define GRADUS_VERSION_PATCH 0

/// 100 for 0.1.0, 10203 for 1.2.3: `#if GRADUS_VERSION >= 200`.
#define GRADUS_VERSION (10000 * GRADUS_VERSION_MAJOR + 100 * GRADUS_VERSION_MINOR + GRADUS_VERSION_PATCH)
