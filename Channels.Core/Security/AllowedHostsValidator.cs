using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels;

/// <summary>The middleware behind <see cref="AllowedHosts"/>.</summary>
internal sealed class AllowedHostsValidator : ApplicationMiddleware, IOriginValidator
{
    private readonly MissingOrigin _missing;
    private readonly OriginList? _given;

    // Read at start, or at the first connection when nobody has called Prepare, as in a bare unit test.
    private volatile Configured? _configured;

    public AllowedHostsValidator(Application inner, MissingOrigin missing, string[] hosts)
        : base(inner)
    {
        _missing = missing;
        _given = hosts.Length == 0 ? null : new OriginList(hosts, missing, wildcards: true);
    }

    public override string Description => nameof(AllowedHosts);

    public override void Prepare(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (_given is null)
        {
            _configured = Read(services);
            if (_configured.IsEmpty)
            {
                throw new InvalidOperationException($"no hosts are known; pass them to AllowedHosts.Validate, or set the configuration key '{AllowedHosts.ConfigurationKey}', for example to \"example.com;*.example.com\"");
            }
        }

        OriginDenial.Warn(_given ?? _configured!.List, Description, services);
    }

    public override Task InvokeAsync(Scope scope, Receive receive, Send send) => scope is WebSocketScope webSocket
        ? OriginDenial.DecideAsync(FindObjection(webSocket), Inner, webSocket, receive, send)
        : Task.FromException(new UnsupportedScopeException(Description, scope, "websocket"));

    private string? FindObjection(WebSocketScope scope)
    {
        if (_given is not null)
        {
            return _given.FindObjection(scope.Headers);
        }

        var configured = _configured ??= Read(scope.Services);
        if (!configured.AnyHost)
        {
            return configured.List.FindObjection(scope.Headers);
        }

        return OriginRules.IsSameHost(scope.Headers, _missing == MissingOrigin.Refuse) ? null : "is not the host of the request";
    }

    private Configured Read(IServiceProvider services)
    {
        var hosts = services.GetService<IConfiguration>()?[AllowedHosts.ConfigurationKey]
            ?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (hosts.Length == 0 && services.GetService<IHostEnvironment>()?.IsDevelopment() == true)
        {
            hosts = ["localhost", "127.0.0.1", "[::1]"];
        }

        return new(new OriginList(hosts, _missing, wildcards: true), hosts.Contains("*"), hosts.Length == 0);
    }

    private sealed record Configured(OriginList List, bool AnyHost, bool IsEmpty);
}
