using System.Globalization;

namespace Channels.Testing;

/// <summary>How long communicators wait unless a test says otherwise: what the whole run has set, or 5 seconds.</summary>
internal static class DefaultTimeout
{
    /// <summary>The runtime setting, which a test project sets by a <c>RuntimeHostConfigurationOption</c>.</summary>
    public const string Setting = "Channels.Testing.TimeoutSeconds";

    private const int LongestSeconds = 86_400; // whoever needs a day has mistaken the unit

    public static TimeSpan Get() => Of(AppContext.GetData(Setting));

    /// <param name="value">What the runtime has for the setting; null for nothing.</param>
    /// <exception cref="InvalidOperationException">It is no number of seconds.</exception>
    public static TimeSpan Of(object? value)
    {
        if (value is null)
        {
            return TimeSpan.FromSeconds(5);
        }

        return double.TryParse(value as string, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= LongestSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new InvalidOperationException($"The runtime setting '{Setting}' is '{value}'; it must be a number of seconds, above 0 and up to {LongestSeconds}, such as 60.");
    }
}
