/// @file
/// @brief Networks handed on: a file in ONNX, the format that other programs run.
module;

#include <filesystem>

export module nn.onnx;

export import nn.backprop;
export import nn.tensor;

export namespace nn {

/// Writes a network for use outside this library, as a whole or not at all: ONNX Runtime, for one,
/// runs the file and gives what predict() gives, but for rounding. It holds the network as it is
/// used: dropout is left out, and BatchNorm has its running statistics. It cannot be read back;
/// that is what save_network() is for.
///
/// The one input is called `input`, the one output `output`, and both begin with an axis `batch`,
/// of any length. Weights that ONNX has in the same order keep their names, `0.weight`, `0.bias`,
/// …; those of recurrent layers become its `0.W`, `0.R` and `0.B`. All numbers are in float, where
/// the library is built in double too: ONNX Runtime has no convolution in double.
///
/// Written for version 17 of ONNX's operators (2022), the first with a layer normalisation.
///
/// @param file Its path; what stands there is overwritten.
/// @param network Of layers of the library alone.
/// @param sample The shape of one sample, without the batch. Of a sequence the steps count too: the
///   file runs for sequences of that length.
/// @throws std::invalid_argument if the network cannot take such samples, or has a layer of a type
///   that is not the library's, or more parameters than there is room for: an ONNX file is smaller
///   than 2 GiB.
/// @throws std::runtime_error if the file cannot be written.
void export_onnx(const std::filesystem::path& file, const Sequential& network, const Shape& sample);

}  // namespace nn
