using System.Globalization;
using Channels;

namespace Conformance;

/// <summary>Numbers from a query string.</summary>
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
}
