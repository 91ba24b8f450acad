namespace QuickReduce.Emulation.CodeObjects;

/// <summary>A file is no code object that can be run here. The message completes "the code object … cannot be used: ".</summary>
internal sealed class CodeObjectException(string message, Exception? inner = null) : Exception(message, inner);
