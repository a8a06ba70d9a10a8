using System.Text;

namespace Channels.Benchmarks;

/// <summary>A Socket.IO client that polls on one keep-alive connection, and answers pings.</summary>
internal sealed class PollingClient(Dialect dialect) : HttpLoadConnection
{
    private string _path = dialect.Path;

    /// <summary>Whether it has been let in, and polls.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>Why it is of no use any more; null while it is.</summary>
    internal string? Failure { get; private set; }

    internal override void OnConnected() => Get();

    protected override void OnAnswer(ReadOnlySpan<byte> answer, bool succeeded, long now)
    {
        if (succeeded) Take(Encoding.UTF8.GetString(HttpAnswer.Body(answer)));
        else Failure ??= Encoding.UTF8.GetString(answer);
    }

    internal override void OnEnded(string reason) => Failure ??= reason;

    private void Take(string body)
    {
        if (body.StartsWith("0{", StringComparison.Ordinal))
        {
            _path = $"{dialect.Path}&sid={body.Split('"')[3]}";
            Post("40");
            return;
        }

        IsOpen |= body.StartsWith("40", StringComparison.Ordinal);
        if (body == "2") Post("3");
        else Get();
    }

    private void Get() => Send(Encoding.ASCII.GetBytes($"GET {_path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));

    private void Post(string packet) => Send(Encoding.ASCII.GetBytes(
        $"POST {_path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: {packet.Length}\r\n\r\n{packet}"));
}
