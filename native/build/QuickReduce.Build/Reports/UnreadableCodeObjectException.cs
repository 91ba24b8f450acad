namespace QuickReduce.Build;

/// <summary>A file is not what it should be, or is cut short; the message says what it is instead.</summary>
internal sealed class UnreadableCodeObjectException(string message) : Exception(message);
