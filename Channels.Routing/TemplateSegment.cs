namespace Channels.Routing;

/// <summary>
/// One segment of a template: literal text, or a placeholder with optional literal text around it
/// (<c>user-{id:int}.json</c>).
/// </summary>
/// <param name="Prefix">Literal text before the placeholder; the whole segment when there is none.</param>
/// <param name="Name">The placeholder's name, or null.</param>
/// <param name="ConverterName">The converter's name; <c>**</c> for a catch-all.</param>
/// <param name="Converter">The placeholder's converter, or null.</param>
/// <param name="Suffix">Literal text after the placeholder.</param>
internal sealed record TemplateSegment(string Prefix, string? Name, string ConverterName, IPathConverter? Converter, string Suffix)
{
    /// <summary>Whether the segment is literal text only.</summary>
    public bool IsLiteral => Converter is null;

    /// <summary>Whether the placeholder takes the rest of the path.</summary>
    public bool SpansSegments => Converter is { SpansSegments: true };

    /// <summary>The segment without the placeholder's name; braces in literal text are doubled.</summary>
    public string Shape => IsLiteral ? Escape(Prefix) : $"{Escape(Prefix)}{{{ConverterName}}}{Escape(Suffix)}";

    /// <summary>Compares one segment of a path; converts the placeholder if there is one.</summary>
    public bool TryMatch(ReadOnlySpan<char> text, out object? value)
    {
        value = null;
        if (Converter is null)
        {
            return text.SequenceEqual(Prefix);
        }

        return text.Length >= Prefix.Length + Suffix.Length &&
            text.StartsWith(Prefix, StringComparison.Ordinal) && text.EndsWith(Suffix, StringComparison.Ordinal) &&
            Converter.TryConvert(text[Prefix.Length..^Suffix.Length], out value);
    }

    private static string Escape(string text) => text
        .Replace("{", "{{", StringComparison.Ordinal)
        .Replace("}", "}}", StringComparison.Ordinal);
}
