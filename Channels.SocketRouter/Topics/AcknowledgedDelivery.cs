using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>How the messages of a topic are acknowledged.</summary>
/// <param name="Window">How many may be under way without an acknowledgement.</param>
/// <param name="TimeoutMs">After how long without one they come again.</param>
internal sealed record AcknowledgedDelivery(int Window, int TimeoutMs)
{
    private const int UsualWindow = 64;
    private const int LargestWindow = 1_000;
    private const int UsualTimeout = 10_000;
    private const int LongestTimeout = 600_000;

    /// <summary>Reads <c>{"window"?,"timeoutMs"?}</c> or true.</summary>
    public static bool TryRead(JsonElement json, out AcknowledgedDelivery delivery)
    {
        delivery = new(UsualWindow, UsualTimeout);
        if (json.ValueKind != JsonValueKind.Object)
        {
            return json.ValueKind == JsonValueKind.True;
        }

        var (window, timeout) = (UsualWindow, UsualTimeout);
        if (!TryReadNumber(json, "window", LargestWindow, ref window) || !TryReadNumber(json, "timeoutMs", LongestTimeout, ref timeout))
        {
            return false;
        }

        delivery = new(window, timeout);
        return true;
    }

    private static bool TryReadNumber(JsonElement json, string name, int most, ref int number)
    {
        if (!json.TryGetProperty(name, out var given))
        {
            return true;
        }

        return given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out number) && number > 0 && number <= most;
    }
}
