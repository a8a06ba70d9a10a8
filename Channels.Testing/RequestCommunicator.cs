using System.Net;

namespace Channels.Testing;

/// <summary>What HTTP and WebSocket communicators have in common: a path, a query and headers.</summary>
/// <typeparam name="TSelf">The communicator itself.</typeparam>
public abstract class RequestCommunicator<TSelf> : CommunicatorBase<TSelf>
    where TSelf : RequestCommunicator<TSelf>
{
    private protected RequestCommunicator(Application application, RequestScope scope)
        : base(application, scope)
    {
    }

    /// <summary>Adds a request header; one of the same name stays beside it, but <c>host</c> replaces the default.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="value">The header's value.</param>
    public TSelf WithHeader(string name, string value) => WithScope(scope =>
    {
        var headers = new HeaderList();
        foreach (var header in ((RequestScope)scope).Headers)
        {
            if (header.Key != "host" || !name.Equals("host", StringComparison.OrdinalIgnoreCase))
            {
                headers.Add(header.Key, header.Value);
            }
        }

        headers.Add(name, value);
        return (RequestScope)scope with { Headers = headers };
    });

    /// <summary>Sets the peer's address. Default 127.0.0.1, port 50000.</summary>
    /// <param name="client">The address; null for unknown.</param>
    public TSelf WithClient(IPEndPoint? client) => WithScope(scope => (RequestScope)scope with { Client = client });
}
