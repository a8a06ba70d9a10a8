namespace Channels.SocketRouter;

/// <summary>The requests of one connection that are not done with: a list through the requests themselves. Guarded by its holder.</summary>
internal sealed class OpenRequests
{
    private SocketRequest? _first;

    public int Count { get; private set; }

    /// <summary>How many bytes they hold.</summary>
    public long Length { get; private set; }

    public void Add(SocketRequest request)
    {
        request.Next = _first;
        _first?.Previous = request;
        _first = request;
        Count++;
        Length += request.Length;
    }

    public void Remove(SocketRequest request)
    {
        if (request.Previous is { } previous)
        {
            previous.Next = request.Next;
        }
        else
        {
            _first = request.Next;
        }

        request.Next?.Previous = request.Previous;
        (request.Next, request.Previous) = (null, null);
        Count--;
        Length -= request.Length;
    }

    /// <summary>The one with this uuid that nobody has answered; null for none.</summary>
    public SocketRequest? Find(RequestId id)
    {
        for (var request = _first; request is not null; request = request.Next)
        {
            if (!request.IsAnswered && request.Id.Equals(id))
            {
                return request;
            }
        }

        return null;
    }

    /// <summary>Those that match.</summary>
    public List<SocketRequest> Where(Func<SocketRequest, bool> matches)
    {
        var found = new List<SocketRequest>();
        for (var request = _first; request is not null; request = request.Next)
        {
            if (matches(request))
            {
                found.Add(request);
            }
        }

        return found;
    }
}
