using System.Reflection;

namespace Channels;

/// <summary>
/// Checks an option at start. A complaint names the key in the configuration, the value, and what would be right.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class CheckedOptionAttribute : Attribute
{
    /// <summary>What is wrong with a value, to be read after the key; null when it is right.</summary>
    public abstract string? Complain(object? value);
}

/// <summary>A number with a lower bound, or none at all where an option may be left out.</summary>
/// <param name="least">The bound.</param>
/// <param name="unit">What is counted, and what zero means.</param>
internal sealed class AtLeastAttribute(long least, string unit) : CheckedOptionAttribute
{
    public override string? Complain(object? value)
    {
        if (value is null)
        {
            return null;
        }

        var number = value is int count ? count : (long)value; // the two types that carry this attribute
        return number < least ? $"is {number}: it must be at least {least} {unit}." : null;
    }
}

/// <summary>The configuration section that a class of options is bound from.</summary>
/// <param name="section">The section's key.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OptionsSectionAttribute(string section) : Attribute
{
    public string Section => section;

    /// <summary>The key of a class of options.</summary>
    public static string Of<TOptions>() => typeof(TOptions).GetCustomAttribute<OptionsSectionAttribute>()?.Section
        ?? throw new InvalidOperationException($"{typeof(TOptions).Name} has no [OptionsSection].");
}

/// <summary>A time of zero or more.</summary>
/// <param name="example">An example, and what zero means.</param>
internal sealed class DurationAttribute(string example) : CheckedOptionAttribute
{
    /// <summary>Whether a timer waits for it, so that it has an upper bound.</summary>
    public bool OnTimer { get; init; }

    public override string? Complain(object? value)
    {
        var time = (TimeSpan)value!;
        return time >= TimeSpan.Zero && (!OnTimer || time.TotalMilliseconds <= int.MaxValue)
            ? null
            : $"is {time}: it must be a time {(OnTimer ? "from 0 to 24 days" : "of 0 or more")}, such as {example}.";
    }
}

/// <summary>One of an enumeration's names.</summary>
/// <param name="names">The names, in words.</param>
internal sealed class DefinedAttribute(string names) : CheckedOptionAttribute
{
    public override string? Complain(object? value) => value is Enum choice && !Enum.IsDefined(choice.GetType(), choice) ? $"is {value}: use {names}." : null;
}

/// <summary>A time between two bounds.</summary>
/// <param name="least">The shortest, as <c>00:00:01</c>.</param>
/// <param name="most">The longest.</param>
internal sealed class TimeBetweenAttribute(string least, string most) : CheckedOptionAttribute
{
    public override string? Complain(object? value) => (TimeSpan)value! is var time && time >= Parse(least) && time <= Parse(most)
        ? null
        : $"is {time}: it must be a time from {least} to {most}.";

    private static TimeSpan Parse(string text) => TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
