namespace Channels.SocketIO;

/// <summary>
/// How administrators get in, and what they see and may do: a namespace that speaks with <c>@socket.io/admin-ui</c>. Read once, by
/// <see cref="SocketIOServer.AddAdmin"/>.
/// </summary>
public sealed class SocketIOAdminOptions
{
    /// <summary>The namespace. Default <c>/admin</c>, which is what the page asks for.</summary>
    public string Namespace { get; set; } = "/admin";

    /// <summary>
    /// Whether the user of a connection may get in, such as <c>scope => new(scope.User?.IsInRole("operator") == true)</c>. Where
    /// <see cref="CheckPassword"/> is given as well, both must agree. Null, the default, asks nothing of the user.
    /// </summary>
    public Func<SocketIOScope, ValueTask<bool>>? Authorize { get; set; }

    /// <summary>
    /// Whether a name and a password, as typed into the page, are right: compare with a hash that is slow to compute, such as
    /// bcrypt. One is asked at a time. Null, the default, takes no passwords.
    /// </summary>
    public Func<string, string, ValueTask<bool>>? CheckPassword { get; set; }

    /// <summary>True to let everybody in who reaches the server. Default false: without it <see cref="Authorize"/> or <see cref="CheckPassword"/> is needed.</summary>
    public bool AllowAnybody { get; set; }

    /// <summary>True to take no commands: nothing is emitted, and nobody joins, leaves or is sent away. Default false.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>
    /// True to report every client with its headers, query and data, every room and every event with its arguments. Default false:
    /// numbers only, every 2 s. Each report is a message to the administrators of all processes, so leave it false where many talk.
    /// </summary>
    public bool ReportAll { get; set; }

    /// <summary>What the process is called in the page; processes with one name are shown as one. Default the machine's name and the process's number.</summary>
    public string ServerId { get; set; } = $"{Environment.MachineName}#{Environment.ProcessId}";

    /// <summary>How many clients of each process are listed for a new administrator when <see cref="ReportAll"/> is on; the others show when something happens to them. Default 1,000; at least 0.</summary>
    public int MaxListedSockets { get; set; } = 1_000;

    /// <summary>How long who has given a password may come back without it. Default 1 day; more than 0, at most 365 days.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// The secret by which such sessions are signed: give the same one to all processes, or people have to type their password again
    /// when they come back to another. Default empty, for a secret of this process's own; else at least 32 bytes.
    /// </summary>
    public ReadOnlyMemory<byte> SessionKey { get; set; }

    internal void ThrowIfInvalid()
    {
        Check(Namespace is not null, nameof(Namespace), "is null: leave the default, or give a name.");
        Check(AllowAnybody != (Authorize is not null || CheckPassword is not null), nameof(AllowAnybody), AllowAnybody
            ? $"is true although {nameof(Authorize)} or {nameof(CheckPassword)} says who may get in: set one or the other."
            : $"is false, and nothing says who may get in: set {nameof(Authorize)} or {nameof(CheckPassword)}, or let everybody in by setting it to true.");
        Check(!string.IsNullOrWhiteSpace(ServerId), nameof(ServerId), "is empty: leave the default, or give a name.");
        Check(MaxListedSockets >= 0, nameof(MaxListedSockets), $"is {MaxListedSockets}: it must be at least 0.");
        Check(SessionLifetime > TimeSpan.Zero && SessionLifetime <= TimeSpan.FromDays(365), nameof(SessionLifetime), $"is {SessionLifetime}: it must be more than 0 and at most 365 days, such as 1.00:00:00.");
        Check(SessionKey.Length is 0 or >= 32, nameof(SessionKey), $"has {SessionKey.Length} bytes: it must have at least 32, or none.");
    }

    private static void Check(bool right, string name, string complaint)
    {
        if (!right)
        {
            throw new ArgumentException($"{nameof(SocketIOAdminOptions)}.{name} {complaint}");
        }
    }
}
