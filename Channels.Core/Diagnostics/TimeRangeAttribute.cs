using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Channels;

/// <summary>The shortest and the longest time an option may have; the framework's own range of times cannot be trimmed.</summary>
/// <param name="least">The shortest, as <c>00:00:01</c>.</param>
/// <param name="most">The longest; null for no limit.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TimeRangeAttribute(string least, string? most = null) : ValidationAttribute
{
    public override bool IsValid(object? value) =>
        value is TimeSpan time && time >= Parse(least) && (most is null || time <= Parse(most));

    private static TimeSpan Parse(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);
}
