using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>Finds what a connection knows about its client's certificate, for those who see only the scope.</summary>
internal static class ClientCertificates
{
    /// <summary>Null where the connection is not encrypted, or no server of ours made the scope.</summary>
    public static ITlsConnectionFeature? Find(RequestScope scope) => scope.Exchange switch
    {
        HttpExchange http => http.Tls,
        WebSocketRequest webSocket => webSocket.Tls,
        _ => null,
    };
}
