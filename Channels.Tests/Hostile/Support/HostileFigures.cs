using System.Globalization;

namespace Channels.Tests.Hostile;

/// <summary>What a long attack has measured, as a row of a table in the file that <c>CHANNELS_HOSTILE_FIGURES</c> names.</summary>
internal static class HostileFigures
{
    public static void Write(IReadOnlyList<string> fates, HostileServer server, Latency during, TimeSpan processorTime)
    {
        var name = TestContext.CurrentContext.Test.MethodName!.Replace('_', ' '); // every test has a method
        var row = $"| {name} | {Ends(fates)} | {Text(server.Rest)} | {Text(during)} | {server.PeakMebibytes} MiB | {processorTime.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s |";
        TestContext.Out.WriteLine(row);
        if (Environment.GetEnvironmentVariable("CHANNELS_HOSTILE_FIGURES") is { Length: > 0 } file)
        {
            File.AppendAllText(file, row + Environment.NewLine);
        }
    }

    /// <summary>How many attackers ended how.</summary>
    public static string Ends(IEnumerable<string> fates) => string.Join(", ", fates
        .GroupBy(fate => fate)
        .OrderByDescending(group => group.Count())
        .Select(group => $"{group.Key} × {group.Count().ToString("N0", CultureInfo.InvariantCulture)}"));

    private static string Text(Latency latency) => $"{Text(latency.Median)} / {Text(latency.P99)} ms";

    private static string Text(TimeSpan time) => time.TotalMilliseconds.ToString(time.TotalMilliseconds < 10 ? "F1" : "N0", CultureInfo.InvariantCulture);
}
