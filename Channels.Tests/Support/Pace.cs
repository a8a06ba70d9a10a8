namespace Channels.Tests.Support;

/// <summary>A breath between two tries of something that tells nobody when it will work. No test depends on how long it is.</summary>
internal static class Pace
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(5);

    public static Task TryAgainAsync(CancellationToken cancellationToken = default) => Task.Delay(Breath, cancellationToken);
}
