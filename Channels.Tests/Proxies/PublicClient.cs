using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Proxies;

/// <summary>A client of a site that a proxy publishes as <c>https://example.com</c> on a port of its own.</summary>
internal sealed class PublicClient(int port) : IDisposable
{
    private static readonly TimeSpan Enough = Eventually.Patience;

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) => new NetworkStream(await ConnectAsync(port, cancellationToken), ownsSocket: true),
        SslOptions = { RemoteCertificateValidationCallback = IsOurs },
        UseCookies = false,
    });

    public string Origin { get; } = $"https://example.com:{port}";

    public async Task<(HttpStatusCode Status, string Text)> GetAsync(string path, Version version, IEnumerable<KeyValuePair<string, string>>? headers = null)
    {
        using var limit = new CancellationTokenSource(Enough);
        using var request = new HttpRequestMessage(HttpMethod.Get, Origin + path) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var (name, value) in headers ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _invoker.SendAsync(request, limit.Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token));
    }

    public async Task<ClientWebSocket> OpenAsync(string path, string origin, IEnumerable<KeyValuePair<string, string>>? headers = null)
    {
        using var limit = new CancellationTokenSource(Enough);
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", origin);
        foreach (var (name, value) in headers ?? [])
        {
            socket.Options.SetRequestHeader(name, value);
        }

        try
        {
            await socket.ConnectAsync(new Uri(Origin.Replace("https", "wss", StringComparison.Ordinal) + path), _invoker, limit.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends text as it is, over TLS, and returns all that is answered until the end of the connection.</summary>
    public async Task<string> SendRawAsync(string text)
    {
        using var limit = new CancellationTokenSource(Enough);
        await using var tls = new SslStream(new NetworkStream(await ConnectAsync(port, limit.Token), ownsSocket: true), leaveInnerStreamOpen: false, IsOurs);
        await tls.AuthenticateAsClientAsync("example.com");
        await tls.WriteAsync(Encoding.Latin1.GetBytes(text), limit.Token);
        using var reader = new StreamReader(tls, Encoding.Latin1);
        return await reader.ReadToEndAsync(limit.Token);
    }

    /// <summary>Sends octets over TLS as long as they are taken, and reads beside that, as browsers do, until a text has been answered or the connection ends.</summary>
    public async Task<string> UploadAsync(string head, long length, string until)
    {
        using var limit = new CancellationTokenSource(Enough);
        await using var tls = new SslStream(new NetworkStream(await ConnectAsync(port, limit.Token), ownsSocket: true), leaveInnerStreamOpen: false, IsOurs);
        await tls.AuthenticateAsClientAsync("example.com");
        await tls.WriteAsync(Encoding.Latin1.GetBytes(head), limit.Token);
        var sending = SendAsync();
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().Contains(until, StringComparison.Ordinal) && await tls.ReadAsync(buffer, limit.Token) is > 0 and var read)
        {
            answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        await limit.CancelAsync(); // it has its answer
        await sending;
        return answer.ToString();

        async Task SendAsync()
        {
            var part = new byte[64 * 1024];
            try
            {
                for (var left = length; left > 0; left -= part.Length)
                {
                    await tls.WriteAsync(part.AsMemory(0, (int)Math.Min(left, part.Length)), limit.Token);
                }
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The proxy takes no more.
            }
        }
    }

    public void Dispose() => _invoker.Dispose();

    // The certificate of ProxyProcess, which nobody has signed.
    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate?.Subject == "CN=example.com";

    private static async Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
