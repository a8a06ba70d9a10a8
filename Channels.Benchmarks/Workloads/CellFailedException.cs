namespace Channels.Benchmarks;

/// <summary>A cell could not be measured; the message is shown in the table.</summary>
internal sealed class CellFailedException(string message) : Exception(message.ReplaceLineEndings(" "));
