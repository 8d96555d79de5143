/// @file
/// @brief The figures of the pages, each in a file of its own name.
module;

#include <memory>

export module live.figures;

export import live;

export namespace live {

[[nodiscard]] std::unique_ptr<Figure> dense();  ///< Chapter 1: a layer, all of its products.

}  // namespace live
