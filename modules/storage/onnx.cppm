/// @file
/// @brief Networks for other programs: a file in ONNX, the format that many of them run.
module;

#include <filesystem>

export module nn.onnx;

export import nn.backprop;

export namespace nn {

/// Writes a network for use outside this library, as a whole or not at all: ONNX Runtime and others
/// run the file and compute what predict() computes, up to rounding. The file holds the network as
/// it is used: dropout is left out, and BatchNorm has its running statistics. It cannot be read
/// back; save_network() is for that.
///
/// The only input is called `input`, the only output `output`, and both begin with an axis `batch`
/// of any length. Weights that ONNX has in the same order keep their names, `0.weight`, `0.bias`,
/// …; those of recurrent layers become `0.W`, `0.R` and `0.B`. All numbers are in float, even where
/// the library is built in double, because ONNX Runtime has no convolution in double.
///
/// The file needs version 17 of ONNX's operators (2022), the first with layer normalization.
///
/// @param file Its path; an existing file is replaced.
/// @param network Layers of the library, and registered ones that say what they are in ONNX.
///   @see register_layer
/// @param sample The shape of one sample, without the batch. For sequences it includes the number
///   of steps, and the file runs only for sequences of that length.
/// @throws std::invalid_argument if the network cannot take such samples, if nothing says what a
///   layer is in ONNX, or if the parameters do not fit: an ONNX file is smaller than 2 GiB.
/// @throws std::runtime_error if the file cannot be written.
void export_onnx(const std::filesystem::path& file, const Sequential& network, const Shape& sample);

}  // namespace nn
