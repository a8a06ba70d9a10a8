namespace Channels.Fuzzing;

/// <summary>How deep lists and maps are nested in each other.</summary>
internal static class MessageDepth
{
    public static int Of(in MessageValue value) => value.Kind switch
    {
        MessageValueKind.List => 1 + value.GetList().Select(item => Of(item)).DefaultIfEmpty().Max(),
        MessageValueKind.Map => 1 + value.GetMap().Values.Select(item => Of(item)).DefaultIfEmpty().Max(),
        _ => 0,
    };
}
