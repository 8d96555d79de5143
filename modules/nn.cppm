/// @file
/// @brief The whole library: every module, in the order of the book.
export module nn;

export import nn.tensor;
export import nn.state;
export import nn.vector;
export import nn.files;
export import nn.safetensors;
export import nn.random;
export import nn.parallel;
export import nn.matmul;
export import nn.images;
export import nn.layer;
export import nn.dense;
export import nn.activation;
export import nn.cost;
export import nn.backprop;
export import nn.descent;
export import nn.adam;
export import nn.batching;
export import nn.augment;
export import nn.initializers;
export import nn.convolution;
export import nn.dropout;
export import nn.normalization;
export import nn.recurrent;
export import nn.weights;
export import nn.onnx;
export import nn.metrics;
export import nn.schedule;
export import nn.checkpoint;
export import nn.training;
export import nn.mnist;
export import nn.pictures;
