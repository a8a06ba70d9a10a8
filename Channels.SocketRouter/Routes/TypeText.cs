namespace Channels.SocketRouter;

/// <summary>Types as people write them.</summary>
internal static class TypeText
{
    public static string Of(Type type) => !type.IsGenericType ? type.Name
        : $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
}
