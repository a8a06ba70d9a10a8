using Channels;

namespace Samples;

/// <summary>Conditional requests (RFC 9110, section 13): whether the client has what it asks for.</summary>
internal static class EntityTags
{
    /// <summary>304 when the client has the version of this tag, 412 when it wants another one only; null to answer as usual.</summary>
    public static int? Judge(IHeaders headers, string tag)
    {
        // Each may be a list, over several lines; the strong comparison of If-Match finds no weak tag equal to ours.
        if (headers.GetValues("if-match") is { Count: > 0 } wanted && !Tags(wanted).Any(each => each == "*" || each == tag))
        {
            return 412;
        }

        return Tags(headers.GetValues("if-none-match")).Any(each => each == "*" || each == tag || each == $"W/{tag}") ? 304 : null;
    }

    private static IEnumerable<string> Tags(IEnumerable<string> lines) =>
        lines.SelectMany(line => line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
