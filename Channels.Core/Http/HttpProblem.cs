using System.Buffers;
using System.Text.Json;

namespace Channels;

/// <summary>
/// What was wrong with a request, for programs and people: the content of an <c>application/problem+json</c> response
/// (RFC 9457). Immutable. It goes to the client as it is, so it names no types, paths or stacks of the server.
/// </summary>
/// <param name="Status">The response's status code, 400–599.</param>
/// <param name="Detail">What was wrong this time, in words that help the client; null for nothing beyond the title.</param>
public sealed record HttpProblem(int Status, string? Detail = null)
{
    /// <summary>A URI that names the kind of problem; null, the default, when the status says enough (<c>about:blank</c>).</summary>
    public string? Type { get; init; }

    /// <summary>The kind of problem in a few words. Default: the status code's own words, for example <c>Not Found</c>.</summary>
    public string Title { get => field ?? StatusText.Of(Status); init; }

    /// <summary>A URI that names this one occurrence, for example one that the log holds too; null for none.</summary>
    public string? Instance { get; init; }

    /// <summary>What is wrong with each part of the input, by its JSON path, for example <c>$.amount</c>; null for none.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The JSON text.</summary>
    internal ReadOnlyMemory<byte> ToJson()
    {
        var utf8 = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(utf8))
        {
            writer.WriteStartObject();
            WriteText(writer, "type", Type);
            WriteText(writer, "title", Title);
            writer.WriteNumber("status", Status);
            WriteText(writer, "detail", Detail);
            WriteText(writer, "instance", Instance);
            if (Errors is { Count: > 0 })
            {
                WriteErrors(writer, Errors);
            }

            writer.WriteEndObject();
        }

        return utf8.WrittenMemory;
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteErrors(Utf8JsonWriter writer, IReadOnlyDictionary<string, string[]> errors)
    {
        writer.WriteStartObject("errors");
        foreach (var (path, messages) in errors)
        {
            writer.WriteStartArray(path);
            foreach (var message in messages)
            {
                writer.WriteStringValue(message);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
