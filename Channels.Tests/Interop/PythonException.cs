namespace Channels.Tests.Interop;

/// <summary>What the Python peer answered instead of a result.</summary>
internal sealed class PythonException(string message) : Exception(message);
