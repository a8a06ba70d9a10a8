using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Proxies;

/// <summary>A real nginx or haproxy with a configuration of the guides, on a free port, with a certificate of its own.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly StringBuilder _output = new();
    private Process? _process;

    private ProxyProcess()
    {
    }

    public int Port { get; private set; }

    /// <summary>Starts nginx with a file as it would stand in its folder <c>conf.d</c>.</summary>
    public static Task<ProxyProcess> StartNginxAsync(string site) => StartAsync("nginx", (proxy, port) =>
    {
        proxy.Write("site.conf", site.With("listen 443", $"listen 127.0.0.1:{port}").With("/etc/nginx", proxy._folder.Path));

        // What a distribution's nginx.conf says, without its fixed places.
        proxy.Write("nginx.conf", $$"""
            daemon off;
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            pid {{proxy._folder.Path}}/nginx.pid;
            events { }
            http {
                access_log off;
                client_body_temp_path {{proxy._folder.Path}}/body;
                proxy_temp_path {{proxy._folder.Path}}/proxy;
                fastcgi_temp_path {{proxy._folder.Path}}/fastcgi;
                uwsgi_temp_path {{proxy._folder.Path}}/uwsgi;
                scgi_temp_path {{proxy._folder.Path}}/scgi;
                include {{proxy._folder.Path}}/site.conf;
            }
            """);
        return ["-p", proxy._folder.Path, "-e", "stderr", "-c", $"{proxy._folder.Path}/nginx.conf"];
    });

    /// <summary>Starts haproxy.</summary>
    public static Task<ProxyProcess> StartHaproxyAsync(string configuration) => StartAsync("haproxy", (proxy, port) =>
    {
        proxy.Write("haproxy.cfg", configuration.With("bind :443", $"bind 127.0.0.1:{port}").Replace("/etc/haproxy", proxy._folder.Path, StringComparison.Ordinal) + "\n");
        return ["-db", "-f", $"{proxy._folder.Path}/haproxy.cfg"];
    });

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _folder.Dispose();
    }

    private static async Task<ProxyProcess> StartAsync(string program, Func<ProxyProcess, string, IEnumerable<string>> configure)
    {
        var path = ExternalTools.Require(program);
        var proxy = new ProxyProcess();
        proxy.WriteCertificate();
        for (var attempt = 0; ; attempt++)
        {
            proxy.Port = FreePort.Next(); // somebody else may be faster
            proxy.Launch(path, configure(proxy, proxy.Port.ToString(CultureInfo.InvariantCulture)));
            if (await proxy.AcceptsAsync())
            {
                return proxy;
            }

            await proxy.EndAsync();
            if (attempt == 2)
            {
                await proxy.DisposeAsync();
                Assert.Fail($"{program} does not start:\n{proxy._output}");
            }
        }
    }

    private void Launch(string path, IEnumerable<string> arguments)
    {
        _process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!; // null only for shell execution
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Note(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    private async Task<bool> AcceptsAsync()
    {
        while (_process is { HasExited: false })
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, Port);
                return true;
            }
            catch (SocketException)
            {
                await Pace.TryAgainAsync();
            }
        }

        return false;
    }

    private async Task EndAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private void Write(string name, string text) => File.WriteAllText(_folder.PathOf(name), text);

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=example.com", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var secret = key.ExportPkcs8PrivateKeyPem() + "\n";
        Write("site.key", secret);
        Write("site.pem", certificate.ExportCertificatePem() + "\n" + secret); // haproxy reads both from one file
    }
}
