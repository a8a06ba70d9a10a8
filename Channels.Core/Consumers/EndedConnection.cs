namespace Channels;

/// <summary>How a part of a consumer learns that the connection has ended, by its peer or by another part of the same consumer.</summary>
internal static class EndedConnection
{
    /// <summary>Whether an exception says that what was sent came too late: nobody's mistake where several tasks send and close.</summary>
    public static bool IsToldBy(Exception error) => error is ConnectionClosedException or IllegalEventException { IsLate: true };
}
