using System.Globalization;
using Channels;

namespace Conformance;

/// <summary>Values from a query string.</summary>
internal static class Query
{
    /// <summary>A whole number between 0 and a maximum; the fallback when it is absent or no such number.</summary>
    public static int Number(RequestScope scope, string name, int fallback, int most)
    {
        foreach (var pair in scope.QueryString.Split('&'))
        {
            if (pair.StartsWith($"{name}=", StringComparison.Ordinal)
                && int.TryParse(pair.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return Math.Min(number, most);
            }
        }

        return fallback;
    }

    /// <summary>A text, with its escapes undone, as forms write them; null when it is absent.</summary>
    public static string? Text(RequestScope scope, string name)
    {
        foreach (var pair in scope.QueryString.Split('&'))
        {
            if (pair.StartsWith($"{name}=", StringComparison.Ordinal))
            {
                return Uri.UnescapeDataString(pair[(name.Length + 1)..].Replace('+', ' '));
            }
        }

        return null;
    }

    /// <summary>All values; of several with one name the last.</summary>
    public static Dictionary<string, string> Parse(string query)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (pair[..at], pair[(at + 1)..]) : (pair, "");
            values[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value);
        }

        return values;
    }
}
